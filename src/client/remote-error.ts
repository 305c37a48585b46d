import { showSource } from '../code/shown-source.js'
import { decode } from '../values/decode.js'
import type { Encoded } from '../values/encoded.js'
import { type CallSite, linesOf } from './call-site.js'

/** What a client can add to the stack of an error that came from a worker. */
export interface ErrorContext {
  /** The task that was asked for, if it did not run because another failed: `total (total-5d11)`. */
  readonly neededBy?: string | undefined
  /** Stack lines of the call that submitted it. */
  readonly caller?: string | undefined
  /** Where the task was submitted that threw it. */
  readonly thrownBy?: CallSite | undefined
}

/**
 * What user code threw, ready to be thrown again: an Error's stack goes on with the lines of the caller. Whatever is
 * no Error (`throw 'x'`) comes as it is.
 */
export function errorFrom(encoded: Encoded, context: ErrorContext = {}): unknown {
  const thrown = decode(encoded, { buffers: 'copy' })
  if (thrown instanceof Error) extendStack(thrown, context)
  return thrown
}

function extendStack(error: Error, { neededBy, caller, thrownBy }: ErrorContext): void {
  if (thrownBy?.code !== undefined) showSource(error, thrownBy.code, linesOf(thrownBy) ?? '')
  const lines = [error.stack ?? String(error)]
  if (neededBy !== undefined) lines.push(`    at — needed by ${neededBy}, which did not run —`)
  if (caller) lines.push(caller)
  if (lines.length > 1) error.stack = lines.join('\n')
}
