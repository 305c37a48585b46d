import { pathToFileURL } from 'node:url'

type Import = (specifier: string, from?: string) => Promise<unknown>

const OWN_INDEX = new URL('../index.js', import.meta.url).href

/** What an artefact's body imports with, and the URL that it counts as its own. */
export function importer(): { load: Import; url: string } {
  return { load: (specifier) => import(specifier === 'heddle' ? OWN_INDEX : specifier), url: here() }
}

/** Packages are looked for from the working directory of the node. */
const here = () => pathToFileURL(`${process.cwd()}/`).href
