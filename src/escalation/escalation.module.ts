import { Module } from '@nestjs/common';
import { EvidenceModule } from '../evidence/evidence.module.js';
import { GatekeeperModule } from '../gatekeeper/gatekeeper.module.js';
import { Acts } from './acts.js';
import { AlertViews } from './alert-view.js';
import { Backlog } from './backlog.js';
import { Engine } from './engine.js';
import { EscalationMetrics } from './escalation-metrics.js';
import { OnCall } from './on-call.js';
import { Policies } from './policies.js';
import { Tick } from './tick.js';
import { UndeliveredCheckIns } from './undelivered-check-ins.js';
import { Wake } from './wake.js';

@Module({
  imports: [EvidenceModule, GatekeeperModule],
  providers: [Acts, AlertViews, Backlog, Engine, EscalationMetrics, OnCall, Policies, Tick, UndeliveredCheckIns, Wake],
  exports: [Acts, AlertViews, Backlog, Engine, OnCall, Policies, UndeliveredCheckIns, Wake],
})
export class EscalationModule {}
