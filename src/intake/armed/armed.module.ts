import { Module } from '@nestjs/common';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { EscalationModule } from '../../escalation/escalation.module.js';
import { EvidenceModule } from '../../evidence/evidence.module.js';
import { GatekeeperModule } from '../../gatekeeper/gatekeeper.module.js';
import { RosterModule } from '../../roster/roster.module.js';
import { ArmedClock } from './armed-clock.js';
import { ArmedPackets } from './armed-packets.js';
import { ArmedStates } from './armed-state.js';
import { CheckIns } from './check-ins.js';
import { DutyNotice } from './duty-notice.js';
import { Firing } from './firing.js';
import { ArmedHousekeeping } from './housekeeping.js';
import { PacketStore } from './packet-store.js';

/** Packets sealed beforehand. Apart from the intake: their clock runs where the engine runs, with or without a door. */
@Module({
  imports: [EvidenceModule, GatekeeperModule, RosterModule, EscalationModule, DeliveryModule],
  providers: [ArmedClock, ArmedHousekeeping, ArmedPackets, ArmedStates, CheckIns, DutyNotice, Firing, PacketStore],
  exports: [ArmedPackets, ArmedStates, CheckIns],
})
export class ArmedModule {}
