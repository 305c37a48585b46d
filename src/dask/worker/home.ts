import type { Address } from '../../protocol/names.js'
import type { Shuffles } from './shuffles.js'

/** What a worker of ours knows of the Dask scheduler that it has joined. */
export interface Home {
  readonly scheduler: Address
  /** Of the scheduler's packages, which the worker says are its own: ours would mean nothing to anybody there. */
  readonly versions: unknown
  readonly memoryLimit: number | null
  /** To be added to our clock, ms, for the scheduler's. */
  clockOffsetMs: number
  readonly shuffles: Shuffles
}

const homes = new Map<Address, Home>()

/** The worker at that address has joined. */
export function settle(worker: Address, home: Home): void {
  homes.set(worker, home)
}

/** Undefined for a worker that has not joined, or has left. */
export function homeOf(worker: Address): Home | undefined {
  return homes.get(worker)
}

/** The worker has left. */
export function leave(worker: Address, home: Home): void {
  if (homes.get(worker) === home) homes.delete(worker)
}

/** How far the scheduler's clock is ahead, ms, by an answer that took from `sent` to now. */
export function clockOffset(theirSeconds: unknown, sent: number): number {
  const now = Date.now()
  return typeof theirSeconds === 'number' ? theirSeconds * 1000 - (sent + now) / 2 : 0
}
