import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { LoadError } from '../errors.js'
import { resolveFrom } from './resolve.js'

/** What to import for a module that is to be preloaded: paths and packages are looked for from the working directory. */
export function preloadUrl(specifier: string): string {
  if (specifier.startsWith('.') || isAbsolute(specifier)) return pathToFileURL(resolve(specifier)).href
  return resolveFrom(process.cwd(), specifier) ?? specifier
}

/**
 * Runs modules for their effects, one after the other.
 * @throws LoadError that names the one that failed, with its error as the cause.
 */
export async function importPreloads(urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    try {
      await import(url)
    } catch (cause) {
      const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
      throw new LoadError('HEDDLE_LOAD', `${url}, which is to be preloaded, failed: ${reason}`, { cause })
    }
  }
}
