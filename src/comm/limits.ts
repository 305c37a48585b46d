import { totalmem } from 'node:os'
import type { CommLimits } from './comm.js'

/** What a peer may send until its handshake was accepted. */
export const STRANGER_LIMITS: CommLimits = { maxFrames: 1, maxHead: 64 * 1024, maxTotal: 64 * 1024 + 64 }

/** How long a connection may go without a handshake, milliseconds. */
export const STRANGER_MS = 5000

/** How many connections of one listener may be without a handshake at once. */
export const STRANGERS_MAX = 256

/** Bytes queued from which on a sender should wait. */
export const HIGH_WATER_MARK = 1024 * 1024

/** About what a message takes that is handed to a node of the same process as an object. */
export const OBJECT_BYTES = 128

/** The limits of a trusted peer. */
export function withDefaults(limits: Partial<CommLimits> = {}): CommLimits {
  return { maxFrames: 65_536, maxHead: 64 * 1024 * 1024, maxTotal: totalmem(), ...limits }
}
