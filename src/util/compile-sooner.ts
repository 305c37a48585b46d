import { setFlagsFromString } from 'node:v8'

/** V8's own value is 67 584. */
const INTERRUPT_BUDGET = 25_000

/**
 * For processes that are a node and nothing else, before they load it: V8 compiles functions after a third of the work
 * that it waits for otherwise. A lone call goes through so many functions that it needs a thousand calls until then.
 */
export function compileSooner(): void {
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`)
}
