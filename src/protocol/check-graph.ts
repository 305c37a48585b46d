import {
  aBoolean,
  aCount,
  aFunctionRef,
  aHash,
  aKey,
  aNumber,
  anAmount,
  anEncoded,
  aText,
  both,
  bytes,
  fieldsOf,
  keys,
  listOf,
  mapOf,
  optional,
  recordOf,
} from './checks.js'
import type { MapSpec, TaskOptions, TaskSpec } from './messages.js'

/** One task as a client submits it. */
export const aTaskSpec = fieldsOf<TaskSpec>({
  key: aKey,
  function: aFunctionRef,
  args: anEncoded,
  deps: keys,
  recipe: aHash,
})

const mapShape = fieldsOf<MapSpec>({
  prefix: aKey,
  start: optional(aCount),
  function: aFunctionRef,
  length: aCount,
  args: bytes,
  offsets: bytes,
  buffers: mapOf(aCount, listOf(bytes)),
  deps: mapOf(aCount, keys),
  shared_deps: keys,
  recipe: aHash,
})

/** Also that the offsets lead nowhere else, so that nobody need look again. */
export const aMapSpec = both<MapSpec>(mapShape, ({ length, args, offsets, buffers, deps }) => {
  if (offsets.byteLength !== 4 * (length + 1)) return `.offsets has not ${length} + 1 positions`
  const view = new DataView(offsets.buffer, offsets.byteOffset, offsets.byteLength)
  let last = 0
  for (let at = 0; at < offsets.byteLength; at += 4) {
    const next = view.getUint32(at, true)
    if (next < last || next > args.byteLength) return `.offsets[${at / 4}] is not a position in args`
    last = next
  }
  for (const i of buffers.keys()) if (i >= length) return '.buffers is of an item that is not there'
  for (const i of deps.keys()) if (i >= length) return '.deps is of an item that is not there'
  return undefined
})

/** What `client.with` says. */
export const taskOptions = fieldsOf<TaskOptions>({
  priority: optional(aNumber),
  retries: optional(aCount),
  workers: optional(listOf(aText)),
  allow_other_workers: optional(aBoolean),
  resources: optional(recordOf(anAmount)),
  timeout: optional(anAmount),
  retry_delay: optional(anAmount),
  effect: optional(aBoolean),
  mutates: optional(aBoolean),
  logs: optional(aBoolean),
})
