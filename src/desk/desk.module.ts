import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { EscalationModule } from '../escalation/escalation.module.js';
import { EvidenceModule } from '../evidence/evidence.module.js';
import { GatekeeperModule } from '../gatekeeper/gatekeeper.module.js';
import { RosterModule } from '../roster/roster.module.js';
import { AlertFiles } from './alerts/alert-file.js';
import { AttachmentBytes } from './alerts/attachment-bytes.js';
import { LiveStreams } from './alerts/live-stream.js';
import { Queue } from './alerts/queue.js';
import { SignedActs } from './alerts/signed-acts.js';
import { TeamMessages } from './alerts/team-messages.js';
import { Enrolment } from './enrolment.js';
import { AlertsController } from './http/alerts.controller.js';
import { AttachmentController } from './http/attachment.controller.js';
import { ContactsController } from './http/contacts.controller.js';
import { CheckInsController } from './http/check-ins.controller.js';
import { EnrolmentController } from './http/enrolment.controller.js';
import { LiveController } from './http/live.controller.js';
import { PeopleController } from './http/people.controller.js';
import { CalendarsController, ShiftsController } from './http/shifts.controller.js';
import { SignInController } from './http/sign-in.controller.js';
import { Invitations } from './invitations.js';
import { OwnContacts } from './own-contacts.js';
import { Shifts } from './shifts.js';
import { Expiry } from './sign-in/expiry.js';
import { SessionBudget } from './sign-in/session-budget.js';
import { Sessions } from './sign-in/sessions.js';
import { SignIn } from './sign-in/sign-in.js';
import { Vaults } from './vaults.js';

@Module({
  imports: [DeliveryModule, EscalationModule, EvidenceModule, GatekeeperModule, RosterModule],
  controllers: [SignInController, EnrolmentController, AlertsController, AttachmentController, LiveController, PeopleController, ContactsController, ShiftsController, CalendarsController, CheckInsController],
  providers: [
    Sessions,
    SignIn,
    SessionBudget,
    Expiry,
    Vaults,
    Invitations,
    Enrolment,
    OwnContacts,
    Queue,
    Shifts,
    AlertFiles,
    AttachmentBytes,
    SignedActs,
    TeamMessages,
    LiveStreams,
  ],
})
export class DeskModule {}
