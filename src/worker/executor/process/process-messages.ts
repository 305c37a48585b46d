/** What a worker and its child process say to each other. Both are Heddle of one version, so nothing is checked. */
import type { Artefact } from '../../../code/artefact.js'
import type { TaskLogLevel } from '../../../protocol/messages.js'
import type { Key } from '../../../protocol/names.js'
import { Encoded } from '../../../values/encoded.js'
import type { Job } from '../executor.js'
import type { PostedValue, ThreadResult, ThreadSetup } from '../thread-messages.js'

export interface ProcessJob extends Pick<Job, 'id' | 'key' | 'runId' | 'attempt' | 'function'> {
  readonly mutates: boolean | undefined
  readonly args: PostedValue
  readonly inputs: readonly (readonly [Key, PostedValue])[]
}

/** Who a process is, and what it does first. */
export type ProcessSetup = Omit<ThreadSetup, 'isReplacement'>

export type ToProcess =
  | ({ op: 'start'; parent: number } & ProcessSetup)
  | { op: 'code'; artefact: Artefact }
  | { op: 'uncode'; hash: string }
  | { op: 'run'; job: ProcessJob }
  /** Fire its signal, and say whether it took that. */
  | { op: 'abort'; id: number }

export type FromProcess =
  | { op: 'ready' }
  | { op: 'begun'; id: number; start: number }
  /** It waits for other tasks. */
  | { op: 'seceded'; id: number }
  | ({ op: 'result' } & Omit<ThreadResult, 'value'> & { value: PostedValue | undefined })
  | { op: 'asked'; id: number; listens: boolean }
  | { op: 'log'; key: Key | undefined; level: TaskLogLevel; text: string; relayed?: true | undefined }
  /** An error that no task has caught. */
  | { op: 'crashed'; error: PostedValue }
  | { op: 'exiting'; code: number }

/** As it passes the channel. */
export function posted({ head, buffers, nbytes }: Encoded): PostedValue {
  return { head, buffers, nbytes }
}

/** And what comes out of it. */
export function received({ head, buffers, nbytes }: PostedValue): Encoded {
  return new Encoded(head, buffers, nbytes)
}
