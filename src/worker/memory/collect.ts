import v8 from 'node:v8'
import vm from 'node:vm'

let gc: (() => void) | undefined

/**
 * A full collection of this thread's heap, now: a millisecond on a small heap, one per MiB of live objects on a large.
 * Shared memory exerts no pressure on V8, so whoever counts it has to ask (docs/decisions/shared-memory.md).
 */
export function collectGarbage(): void {
  gc ??= exposed()
  gc()
}

function exposed(): () => void {
  v8.setFlagsFromString('--expose-gc')
  return vm.runInNewContext('gc') as () => void
}
