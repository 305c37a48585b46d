/** Smaller pieces are not worth a mapping each: a process may have 65 530 of them on Linux. */
const MAPPED_FROM = 2 ** 20
/** Larger ones are mapped by every allocator. */
const MAPPED_TO = 32 * 2 ** 20
const WASM_PAGE = 65_536

interface WebAssemblyMemories {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => { readonly buffer: object }
}

/**
 * Zeroed shared memory that goes back to the system as soon as it is collected. An ordinary SharedArrayBuffer of up to
 * 32 MiB comes from glibc's heap, once one like it has been freed, and there a single neighbour keeps hundreds of them in
 * RSS. The memory of WebAssembly is mapped by itself (docs/decisions/shared-memory.md).
 */
export function freshMemory(nbytes: number): SharedArrayBuffer {
  const isHeaped = nbytes >= MAPPED_FROM && nbytes <= MAPPED_TO && nbytes % WASM_PAGE === 0
  return (isHeaped ? mapped(nbytes / WASM_PAGE) : undefined) ?? new SharedArrayBuffer(nbytes)
}

/** Undefined: there is no WebAssembly here, or no room for more mappings; each keeps 10 GiB of addresses. */
function mapped(pages: number): SharedArrayBuffer | undefined {
  try {
    const { Memory } = (globalThis as unknown as { WebAssembly: WebAssemblyMemories }).WebAssembly
    return new Memory({ initial: pages, maximum: pages, shared: true }).buffer as SharedArrayBuffer
  } catch {
    return undefined
  }
}
