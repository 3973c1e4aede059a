import { Controller, Get, Inject } from '@nestjs/common';
import { Admission } from '../admission/admission.js';
import { admissionAnswer, type AdmissionAnswer } from './admission-answer.js';

@Controller('api/v1/admission')
export class AdmissionController {
  constructor(@Inject(Admission) private readonly admission: Admission) {}

  /** What a report that is not S1 has to show today; bits 0 is nothing. */
  @Get()
  async challenge(): Promise<AdmissionAnswer> {
    return admissionAnswer(await this.admission.challenge());
  }
}
