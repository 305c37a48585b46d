import type { Key } from '../protocol/names.js'
import type { Encoded } from './encoded.js'

export interface EncodeOptions {
  /** What the value is called in errors: `argument 1 of 'load'`, `the result of 'load' (load-3f2a)`. Default `the value`. */
  root?: string
  /**
   * Memory for the large buffers (4 KiB and more), which are copied there. Default: ordinary memory. `share`: they stay
   * views of the value's own memory, which must not change while the `Encoded` is in use.
   */
  memory?: ((nbytes: number) => Uint8Array) | 'share'
}

/**
 * The bytes of a value (docs/architecture.md, values). Anything not on the list is refused, never silently changed.
 * @throws CloneError, which names the path of the part that cannot travel. Futures are refused here.
 */
export declare function encode(value: unknown, options?: EncodeOptions): Encoded

/** The same for arguments, in which futures may stand at any depth; `refs` are their keys, each once, in order. */
export declare function encodeWithRefs(
  value: unknown,
  options?: EncodeOptions,
): { encoded: Encoded; refs: readonly Key[] }
