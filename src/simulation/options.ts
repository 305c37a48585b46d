/** One task of a graph that is given rather than drawn. Times are virtual milliseconds. */
export interface SimulatedTask {
  readonly key: string
  /** Default none. */
  readonly deps?: readonly string[]
  /** How long it runs. Default 1. */
  readonly ms?: number
  /** How many attempts throw. Default 0. */
  readonly failures?: number
  readonly retries?: number
  /** Its result is never made a second time. Default false. */
  readonly effect?: boolean
  readonly priority?: number
  /** Simulated workers have up to 2 of `GPU`. */
  readonly resources?: Readonly<Record<string, number>>
}

/** What a simulation may be told beyond its seed. */
export interface SimulationOptions {
  /** All chance comes from it: the same number makes the same run. */
  readonly seed: number
  /** Workers at the start. Default: drawn, 1 to 4. One more comes when the world heals. */
  readonly workers?: number
  /** Things that people do or that go wrong before the world heals. Default: drawn, 5 to 60. */
  readonly deeds?: number
  /** Whether anything goes wrong but what tasks do themselves. Default true. */
  readonly faults?: boolean
  /** Submitted first, all of it wanted; people then submit nothing else. Default: everything is drawn. */
  readonly graph?: readonly SimulatedTask[]
  /** Numbers of deeds that do not happen: what shrinking leaves out. */
  readonly withoutDeeds?: readonly number[]
  /** Tasks that are left out of what is submitted. */
  readonly withoutTasks?: readonly string[]
  /** Keep what happened, line by line. Costs most of the time. Default false. */
  readonly trace?: boolean
}

/** How a simulation went that found nothing wrong. */
export interface SimulationRun {
  readonly seed: number
  /** Tasks that were submitted. */
  readonly tasks: number
  /** Things that happened to the scheduler. */
  readonly events: number
  /** Virtual milliseconds. */
  readonly ms: number
  /** What happened, if it was asked for: the last 50 000 lines at least. */
  readonly trace: readonly string[]
}
