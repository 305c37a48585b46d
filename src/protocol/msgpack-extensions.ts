/** What our messages need beyond msgpack, as extension types; each holds ordinary msgpack. */
export const EXTENSION = {
  /** A `Map`: its entries as a msgpack map. Plain objects are msgpack maps without extension. */
  map: 0x4d,
  /** An `Encoded`: nbytes, its head (or nil: the head is the next frame), and the number of frames that are its buffers. */
  encoded: 0x45,
  /** Empty: these bytes are the next frame. */
  frame: 0x46,
  /** Text that UTF-8 has no form for, as UTF-16, little endian. */
  text: 0x54,
  /** A message of a stream in its compact form; which one, the stream knows. */
  compact: 0x43,
} as const

/** A token that msgpack has no use for. In a compact message: the text that stood here in the message before. */
export const AGAIN = 0xc1

/** Deeper values are refused on both sides. */
export const NESTING_MAX = 256

/** Plain objects of a message. They inherit nothing, so no name that a peer chose can hide or reach anything. */
export const WireRecord = function WireRecord() {} as unknown as new () => Record<string, unknown>
WireRecord.prototype = Object.create(null)

/** Whether `value` is an object of fields: a literal, one without prototype, or one that came in a message. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === WireRecord.prototype || prototype === Object.prototype || prototype === null
}
