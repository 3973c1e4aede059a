import { Module } from '@nestjs/common';
import { RosterModule } from '../roster/roster.module.js';
import { SyntheticAlerts } from './synthetic/synthetic-alerts.js';
import { Watch } from './watch.js';

@Module({ imports: [RosterModule], providers: [SyntheticAlerts, Watch] })
export class WatchingModule {}
