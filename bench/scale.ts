/** How much of everything is measured. */
export interface Scale {
  /** Each arm of a comparison is measured this often, in turn with the others. */
  readonly rounds: number;
  readonly intakeAlerts: number;
  readonly pickUpAlerts: number;
  /** Few, many, very many. */
  readonly idleAlerts: readonly [number, number, number];
  readonly idleLooks: number;
  readonly latencyAlerts: number;
  readonly escalationTakeOvers: number;
  readonly deliveryTakeOvers: number;
  readonly overdueAlerts: number;
  readonly pinnedAlerts: number;
}

/** What docs/benchmarks.md reports: about a quarter of an hour on two quiet cores. */
export const FULL: Scale = {
  rounds: 5,
  intakeAlerts: 600,
  pickUpAlerts: 5_000,
  idleAlerts: [10_000, 1_000_000, 5_000_000],
  idleLooks: 1_000,
  latencyAlerts: 40,
  escalationTakeOvers: 10,
  deliveryTakeOvers: 5,
  overdueAlerts: 100_000,
  pinnedAlerts: 20_000,
};

/** Every measurement with little of everything, to see that it works: a few minutes. Its figures prove nothing. */
export const QUICK: Scale = {
  rounds: 2,
  intakeAlerts: 100,
  pickUpAlerts: 1_000,
  idleAlerts: [1_000, 10_000, 50_000],
  idleLooks: 50,
  latencyAlerts: 10,
  escalationTakeOvers: 2,
  deliveryTakeOvers: 1,
  overdueAlerts: 5_000,
  pinnedAlerts: 2_000,
};
