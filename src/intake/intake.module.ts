import { Module } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { EscalationModule } from '../escalation/escalation.module.js';
import { EvidenceModule } from '../evidence/evidence.module.js';
import { GatekeeperModule } from '../gatekeeper/gatekeeper.module.js';
import { ADMISSION_CONFIG, type AdmissionConfig } from '../platform/config/slices.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import { RosterModule } from '../roster/roster.module.js';
import { Acceptance } from './acceptance/acceptance.js';
import { Admission, ADMISSION_KEY } from './admission/admission.js';
import { Attachments } from './attachments/attachments.js';
import { ClockEstimate } from './clock-estimate.js';
import { AdmissionController } from './http/admission.controller.js';
import { AttachmentsController } from './http/attachments.controller.js';
import { DirectoryController } from './http/directory.controller.js';
import { MailboxController } from './http/mailbox.controller.js';
import { ReceiptsController } from './http/receipts.controller.js';
import { ReportsController } from './http/reports.controller.js';
import { MailboxAccess } from './mailbox/mailbox-access.js';
import { Mailbox } from './mailbox/mailbox.js';
import { Receipts } from './mailbox/receipts.js';
import { Retention } from './mailbox/retention.js';
import { SenderMessages } from './messages/sender-messages.js';

/** What the defenders' side does, without a door: the bot hands over what it has sealed to the same parts as the page. */
@Module({
  imports: [EvidenceModule, GatekeeperModule, RosterModule, EscalationModule],
  providers: [
    Acceptance,
    Admission,
    Attachments,
    ClockEstimate,
    Mailbox,
    MailboxAccess,
    Receipts,
    Retention,
    SenderMessages,
    {
      provide: ADMISSION_KEY,
      useFactory: (p: Primitives, database: Database, { keyFile }: AdmissionConfig) =>
        openServerKey(database, p, { name: 'admission', file: keyFile }),
      inject: [PRIMITIVES, Database, ADMISSION_CONFIG],
    },
  ],
  exports: [Acceptance, Admission, Attachments, ClockEstimate, Mailbox, MailboxAccess, Receipts, SenderMessages, ADMISSION_KEY],
})
export class IntakeModule {}

/** The defenders' door: everything that is taken in over HTTP, and what they may read. */
@Module({
  imports: [IntakeModule, RosterModule, EscalationModule],
  controllers: [
    DirectoryController,
    AdmissionController,
    ReportsController,
    AttachmentsController,
    ReceiptsController,
    MailboxController,
  ],
})
export class IntakeDoorModule {}
