import type { FreeVariable } from './free-variables.js'
import { ESBUILD_HELPERS } from './helpers-esbuild.js'
import { TSLIB_HELPERS } from './helpers-tslib.js'

/** Text of each helper that declares it; helpers may use one another. */
const HELPERS: ReadonlyMap<string, string> = new Map([
  // Vitest and vite, of a dynamic import.
  ['__vite_ssr_dynamic_import__', 'const __vite_ssr_dynamic_import__ = __import;'],
  // Parameters of every body; the second is what an import() became in code that was sent before.
  ['require', ''],
  ['__import', ''],
  ...Object.entries(ESBUILD_HELPERS),
  ...Object.entries(TSLIB_HELPERS),
])

// Counters of coverage tools: `cov_1a2b().s[3]++`, `cov_1a2b().b[0][1]++`.
const COVERAGE = /^cov_\w+$/

const counter = (name: string) => `const ${name} = new Proxy(() => 0, {
  get: (target, key, self) => (key === Symbol.toPrimitive ? () => 0 : self), set: () => true, apply: () => ${name},
});`

/** What a compiler or coverage tool put into the function and we bring along. */
export function isHelper({ name, members }: FreeVariable): boolean {
  if (HELPERS.has(name) || COVERAGE.test(name)) return true
  return TSLIB_NAMESPACE.test(name) && members.length > 0 && members.every((member) => HELPERS.has(member))
}

// `importHelpers` in CommonJS: `tslib_1.__awaiter(…)`.
const TSLIB_NAMESPACE = /^(tslib(_\d+)?|import_tslib)$/

/** Declarations of the helpers, on one line, so that the lines of what follows keep their numbers. */
export function preludeFor(helpers: readonly FreeVariable[]): string {
  const texts = new Map<string, string>()
  for (const helper of helpers) {
    for (const name of namesIn(helper)) add(name, texts)
    if (TSLIB_NAMESPACE.test(helper.name))
      texts.set(helper.name, `const ${helper.name} = { ${helper.members.join(', ')} };`)
  }
  return [...texts.values()].join(' ').replace(/\n\s*/g, ' ')
}

const namesIn = ({ name, members }: FreeVariable) => (TSLIB_NAMESPACE.test(name) ? members : [name])

/** What a helper uses comes before it. */
function add(name: string, texts: Map<string, string>): void {
  if (texts.has(name)) return
  const text = COVERAGE.test(name) ? counter(name) : HELPERS.get(name)!
  for (const [other] of text.matchAll(/\b__\w+/g)) if (other !== name && HELPERS.has(other)) add(other, texts)
  texts.set(name, text)
}
