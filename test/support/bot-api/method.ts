import type { Parameters } from './parameters.js';
import type { BotState } from './state.js';

/** One method of the Bot API: reads its parameters, takes effect, returns the "result". */
export type Method = (state: BotState, parameters: Parameters, closed: AbortSignal) => unknown;
