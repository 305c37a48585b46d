/** Why nothing of a submission is registered; its client hears it for every key. */
import type { CancelReason } from '../../protocol/messages.js'
import type { Key } from '../../protocol/names.js'

export interface Refusal {
  readonly reason: CancelReason
  readonly msg: string
}

export function conflict(key: Key, how: string): Refusal {
  return {
    reason: 'key-conflict',
    msg: `the key '${key}' is ${how} for other work. Release that first, or choose another key. Nothing was submitted.`,
  }
}

export function unknownCode(ref: string): Refusal {
  return { reason: 'bad-graph', msg: `the code of ${ref} is not known here: a client sends it along at its first use` }
}
