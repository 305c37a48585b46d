import { OptionError, WaitTimeoutError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { type Duration, durationText, toMs } from '../util/duration.js'
import { checkNames } from '../util/option-names.js'
import type { Session } from './session.js'

const TIMEOUT_MS = 30_000

/** How `client.restart` waits. */
export interface RestartOptions {
  /** How long new workers may take. Default 30 s. */
  timeout?: Duration
  /** False: does not wait for them. Default true. */
  waitForWorkers?: boolean
}

/** @throws WaitTimeoutError that names the workers that did not come back; OptionError. */
export async function restartCluster(session: Session, options: RestartOptions): Promise<Address[]> {
  checkNames(options, ['timeout', 'waitForWorkers'])
  const { timeout = TIMEOUT_MS, waitForWorkers = true } = options
  if (typeof waitForWorkers !== 'boolean') throw new OptionError('waitForWorkers', 'must be true or false')
  const limit = toMs(timeout, 'timeout')
  const { workers, missing } = await session.request('restart', { timeout: waitForWorkers ? limit : 0 })
  if (waitForWorkers && missing.length > 0) throw late(missing, limit)
  return workers
}

function late(missing: readonly string[], limit: number): WaitTimeoutError {
  return new WaitTimeoutError(
    `everything was let go, but of the workers that are started anew ${missing.length} have not come back within ` +
      `${durationText(limit)}: ${missing.join(', ')}. They may still come; client.workers() says who is there, and the ` +
      'log of the process that starts them why one is not.',
  )
}
