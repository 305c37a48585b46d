import { OptionError } from '../../errors.js'
import type { Encoded } from '../../values/encoded.js'

/** What a scheduler's core is told once. Durations in milliseconds. */
export interface CoreOptions {
  /** Number of this scheduler's life; in run ids and stimulus ids, so that answers to an earlier life are known. */
  epoch: number
  /** A value as bytes: the core makes errors, but opens no values. */
  encodeError: (error: Error) => Encoded
  /** `center`: metadata only, no graphs. Default `scheduler`. */
  role?: 'scheduler' | 'center'
  /** Check every touched task after every event, and throw with its story. Default false. */
  validate?: boolean
  /** Deaths of workers under one task that are forgiven. Default 3: the fourth is its end. */
  allowedFailures?: number
  /** Bytes of small results kept here; above it those that a worker holds too are dropped, oldest first. Default 64 MiB. */
  inlineBudget?: number
  /** A worker that is silent for longer is taken for dead. Default 30 000; 0: never. */
  workerTtlMs?: number
  /** How long the wants of a client that vanished are kept. Default 5000. */
  clientGraceMs?: number
  /** Root tasks per thread that a worker is given ahead. Default 1.1; Infinity: all at once. */
  workerSaturation?: number
  /** Work that a worker is given ahead if its tasks are known to be short. Default 8; 0: `workerSaturation` alone. */
  prefetchMs?: number
  /** Assumed for a function of which nothing is known. Default 500. */
  defaultTaskDurationMs?: number
  /** After this long a task that cannot run is spoken of to its clients. Default 10 000. */
  unrunnableNoteMs?: number
  /** How often work is taken from busy workers for idle ones. Default 1000; 0: never. */
  stealIntervalMs?: number
  /** How often superfluous copies are dropped. Default 2000; 0: never. */
  reduceIntervalMs?: number
  /** Submissions this close together share a generation, and so run in the order of their graphs. Default 100. */
  fifoWindowMs?: number
  /** Bytes per second between workers until one has measured it. Default 100 000 000. */
  bandwidth?: number
  /** Steps of long jobs, and transitions that follow from one event, before others have their turn. Default 2048: 5 to 10 ms. */
  turnSteps?: number
  /** Transitions that `story` can look back on. Default 100 000. */
  storyLength?: number
}

export type Settings = Readonly<Required<CoreOptions>>

/** @throws OptionError if a number is none or is negative. */
export function settingsOf(options: CoreOptions): Settings {
  const settings: Settings = {
    role: 'scheduler',
    validate: false,
    allowedFailures: 3,
    inlineBudget: 64 * 2 ** 20,
    workerTtlMs: 30_000,
    clientGraceMs: 5000,
    workerSaturation: 1.1,
    prefetchMs: 8,
    defaultTaskDurationMs: 500,
    unrunnableNoteMs: 10_000,
    stealIntervalMs: 1000,
    reduceIntervalMs: 2000,
    fifoWindowMs: 100,
    bandwidth: 100e6,
    turnSteps: 2048,
    storyLength: 100_000,
    ...options,
  }
  for (const [name, value] of Object.entries(settings))
    if (typeof value === 'number' && !(value >= 0)) throw new OptionError(name, `must be at least 0, is ${value}`)
  if (settings.epoch >= 2 ** 20) throw new OptionError('epoch', `must be below 2^20, is ${settings.epoch}`)
  return settings
}
