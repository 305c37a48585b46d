import type { Logger } from '../log/log.js'
import type { Key } from '../protocol/names.js'

const SHOWN = 3

/** A client as it is looked at when the program ends. */
export interface Unfinished {
  readonly logger: Logger
  readonly wants: { unfinished(): Iterable<Key> }
  readonly ended: Error | undefined
}

const open = new Set<Unfinished>()

/** Warns at the end of the program if tasks of this client are unfinished then: nobody awaits them. */
export function watchExit(client: Unfinished): void {
  if (open.size === 0) process.on('beforeExit', warn)
  open.add(client)
}

/** Ends what `watchExit` began. */
export function unwatchExit(client: Unfinished): void {
  open.delete(client)
  if (open.size === 0) process.off('beforeExit', warn)
}

function warn(): void {
  for (const client of open) {
    const keys = client.ended ? [] : [...client.wants.unfinished()]
    if (keys.length > 0) client.logger.warn(textOf(keys))
    unwatchExit(client)
  }
}

function textOf(keys: readonly Key[]): string {
  const names = `${keys.slice(0, SHOWN).join(', ')}${keys.length > SHOWN ? ', …' : ''}`
  const what = keys.length === 1 ? '1 task was' : `${keys.length} tasks were`
  return (
    `[HEDDLE_UNAWAITED] the program ended while ${what} unfinished (${names}). ` +
    "Await the results, or use 'await using client = …'."
  )
}
