/** What a task takes at the scheduler beside its arguments, bytes. */
export const TASK_BYTES = 1000

/** What of a submission counts. */
interface Submission {
  readonly tasks: readonly { readonly args: { readonly size: number } }[]
  readonly maps?: readonly MapArguments[]
}

interface MapArguments {
  readonly start?: number
  readonly args: Uint8Array
  readonly buffers: ReadonlyMap<number, readonly Uint8Array[]>
}

/**
 * How much memory a submission takes at the scheduler when it is taken in, bytes, as client and scheduler both reckon it:
 * the items of a map take no more than their arguments until their turn comes. Parts count as the whole does.
 */
export function submissionBytes({ tasks, maps = [] }: Submission): number {
  let bytes = 0
  for (const { args } of tasks) bytes += TASK_BYTES + args.size
  for (const map of maps) bytes += (map.start ? 0 : TASK_BYTES) + mapBytes(map)
  return bytes
}

/** Of the arguments of all items. */
export function mapBytes({ args, buffers }: MapArguments): number {
  let bytes = args.byteLength
  for (const own of buffers.values()) for (const { byteLength } of own) bytes += byteLength
  return bytes
}
