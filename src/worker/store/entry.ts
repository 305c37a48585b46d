import type { Key } from '../../protocol/names.js'
import type { Encoded } from '../../values/encoded.js'
import type { Ranked } from './recency.js'
import type { Place } from './spill-files.js'

/** One value of a store: in memory, on disk, or on both. */
export class Entry implements Ranked<Entry> {
  value: Encoded | undefined
  place: Place | undefined
  /** It was read back before. */
  wasRead = false
  /** It is being read. */
  reading: Promise<Encoded | undefined> | undefined
  older: Entry | undefined
  newer: Entry | undefined
  /** Bytes that it takes wherever it is. */
  readonly size: number

  constructor(
    readonly key: Key,
    value: Encoded,
  ) {
    this.value = value
    this.size = value.size
  }
}
