import { Module } from '@nestjs/common';
import { Watch } from './watch.js';

@Module({ providers: [Watch] })
export class WatchingModule {}
