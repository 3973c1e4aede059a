import { Module } from '@nestjs/common';
import { EvidenceModule } from '../evidence/evidence.module.js';
import { GatekeeperModule } from '../gatekeeper/gatekeeper.module.js';
import { Acts } from './acts.js';
import { AlertViews } from './alert-view.js';
import { OnCall } from './on-call.js';
import { Policies } from './policies.js';
import { Wake } from './wake.js';

@Module({
  imports: [EvidenceModule, GatekeeperModule],
  providers: [Acts, AlertViews, OnCall, Policies, Wake],
  exports: [Acts, AlertViews, OnCall, Policies, Wake],
})
export class EscalationModule {}
