import { Module } from '@nestjs/common';
import { EvidenceLog } from './evidence-log.js';

@Module({ providers: [EvidenceLog], exports: [EvidenceLog] })
export class EvidenceModule {}
