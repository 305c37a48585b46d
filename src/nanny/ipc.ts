/** What a worker process is started with: plain data, as it passes a process boundary. */
export type StartOptions = Readonly<Record<string, unknown>>

/** From the nanny to a worker process. */
export type ToChild =
  /** Sent once. `localDirectory` is made for this process alone, is its first argument too, and goes when it ends. */
  | { op: 'start'; options: StartOptions & { localDirectory: string }; isSuccessor: boolean }
  /** Unregister and end, at once. */
  | { op: 'close'; reason: string }

/** From a worker process to its nanny. */
export type FromChild =
  /** The worker has registered. */
  | { op: 'started'; info: StartedInfo }
  /** The worker could not start, and trying again would not help. */
  | { op: 'failed'; code: string; message: string }
  /** The process is about to end on purpose: no reason to start another. */
  | { op: 'closing'; reason: string }
  /** The process is about to end, and another should take its place. */
  | { op: 'again'; reason: string }
  /** Bytes of the process's memory that hold nothing and can be used again. */
  | { op: 'memory'; reclaimable: number }

/** What a worker says of itself once it has registered. */
export interface StartedInfo {
  readonly address: string
  readonly name: string
  readonly nthreads: number
}

/** Says why `message` is none that a worker process may send; `undefined` if it is one. */
export function whyNotFromChild(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('op' in message)) return 'it has no op'
  const { op, ...rest } = message as { op: unknown } & Record<string, unknown>
  if (op === 'started') return whyNotInfo(rest.info)
  if (op === 'failed')
    return isText(rest.code) && isText(rest.message) ? undefined : 'failed needs a code and a message'
  if (op === 'closing' || op === 'again') return isText(rest.reason) ? undefined : `${op} needs a reason`
  if (op === 'memory') return typeof rest.reclaimable === 'number' ? undefined : 'memory needs reclaimable bytes'
  return `its op is ${String(op)}`
}

function whyNotInfo(info: unknown): string | undefined {
  if (typeof info !== 'object' || info === null) return 'started needs info'
  const { address, name, nthreads } = info as Record<string, unknown>
  return isText(address) && isText(name) && typeof nthreads === 'number' ? undefined : 'info is incomplete'
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
