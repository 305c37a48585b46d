/**
 * Code that is part of Heddle and no artefact: it is given a task as it is, undecoded, and gives a result that is encoded
 * already. Each is loaded where its first task is to run.
 */
import type { Key } from '../protocol/names.js'
import type { Encoded } from '../values/encoded.js'

/** One task, for native code. */
export interface NativeTask {
  readonly key: Key
  readonly args: Encoded
  /** An input as it came, or decoded if somebody has done that already. */
  input(key: Key): Encoded | { readonly value: unknown }
  /** Memory for the large buffers of the result, as `encode` wants it. */
  readonly memory: ((nbytes: number, source: Uint8Array) => Uint8Array) | undefined
}

/** What a task gave. */
export interface NativeResult {
  readonly value: Encoded
  readonly typename: string
}

export type Native = (task: NativeTask) => NativeResult

const loaders = new Map<string, () => Promise<Native>>()
const loaded = new Map<string, Native>()
const natives = new Set<unknown>()

/** Functions `code#…` are run by what `load` gives. */
export function provideNative(code: string, load: () => Promise<Native>): void {
  loaders.set(code, load)
}

/** Whether functions `code#…` are native. */
export function isNative(code: string): boolean {
  return loaders.has(code)
}

/** To be awaited before `nativeOf`, if it gives anything. */
export function prepareNative(code: string): Promise<void> | undefined {
  const load = loaded.has(code) ? undefined : loaders.get(code)
  return load?.().then((native) => {
    loaded.set(code, native)
    natives.add(native)
  })
}

/** Undefined: it is none, or was not prepared. */
export function nativeOf(code: string): Native | undefined {
  return loaded.get(code)
}

/** Whether a function that was found for a task is native. */
export function isNativeFunction(found: unknown): found is Native {
  return natives.size > 0 && natives.has(found)
}
