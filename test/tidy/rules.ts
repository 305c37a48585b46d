/** What may not stand in the tree, and what to write instead. */
export interface Rule {
  readonly found: RegExp
  readonly instead: string
  /** Files it holds for, by their path from the root. */
  readonly within: RegExp
  readonly except?: RegExp
}

const SOURCES = /^(src|test|bench|examples|scripts)\/.*\.ts$/
const SRC = /^src\//
const CORES = /^src\/(scheduler|worker)\/core\//
const ENTRIES = /^src\/(cli|cluster|nanny)\//

/** Node 20.20, the oldest we run on, has none of these. */
const TOO_NEW: Rule[] = [
  { found: /\bPromise\.(withResolvers|try)\(/, instead: 'new Promise with its resolve kept', within: SOURCES },
  { found: /\bArray\.fromAsync\(/, instead: 'for await and push', within: SOURCES },
  { found: /\bnew (Async)?DisposableStack\(/, instead: 'try and finally', within: SOURCES },
  {
    found: /\.(union|intersection|symmetricDifference|isSubsetOf|isSupersetOf|isDisjointFrom)\(/,
    instead: 'a loop over the set',
    within: SRC,
  },
  { found: /\bnew (Float16Array|WebSocket)\(/, instead: 'Uint16Array; there is no WebSocket', within: SRC },
]

const BANNED: Rule[] = [
  { found: /\bJSON\.parse\(JSON\.stringify\(/, instead: 'structuredClone', within: SOURCES },
  { found: /\beval\(|\bnew Function\(/, instead: 'vm.compileFunction, in code/', within: SRC },
  { found: /\bBuffer\.concat\(/, instead: 'frames read into their final place', within: /^src\/(comm|rpc|worker)\// },
  {
    found: /^(?!\s*\*).*\bconsole\.(log|info|debug)\(/,
    instead: 'a Logger',
    within: SRC,
    except: /process-setup\.ts$/,
  },
  { found: /(?<!['"`])\bprocess\.exit\(/, instead: 'close what keeps the process', within: SRC, except: ENTRIES },
  {
    found: /\b(Date\.now|performance\.now|Math\.random|setTimeout|setImmediate|setInterval|queueMicrotask)\(/,
    instead: 'what the event brings along',
    within: CORES,
  },
  { found: /^export default /, instead: 'a named export', within: SRC },
  { found: /^(export )?(const )?(enum|namespace) \w/, instead: 'a union of strings, or a module', within: SRC },
  { found: /^export \* from/, instead: 'named re-exports', within: SRC },
  { found: /await (sleep|delay)\(\d/, instead: 'a wait for the condition', within: /^test\// },
]

const LEFTOVERS: Rule[] = [
  { found: /\b(test|it|describe|suite)(\.\w+)*\.only\b/, instead: 'nothing: all tests run', within: SOURCES },
  {
    found: /\bTODO\b|\bFIXME\b|\bXXX\b/,
    instead: 'an issue, or the thing itself',
    within: /\.(ts|md|cjs|mjs)$|^\.ci\//,
  },
  {
    found: /^(?!\s*(\*|\/\*|\/\/)).*(\bas any\b|: any(\[\])?\s*([,;)=|&>]|$)|<any>)/,
    instead: 'unknown and a check',
    within: SRC,
  },
  { found: /@ts-(ignore|nocheck)\b/, instead: 'the right type, or @ts-expect-error in a type test', within: SOURCES },
  { found: /\bdebugger\b;?$/, instead: 'nothing', within: SOURCES },
  { found: /^(<<<<<<<|>>>>>>>) /, instead: 'the merged text', within: /./ },
]

/** What is true on one machine only. */
const LOCAL: Rule[] = [
  { found: /(^|[\s'"`(=])\/(home|Users|root|work)\/\w/, instead: 'a path from the root of the project', within: /./ },
  { found: /\bfile:\/\/\/(home|Users|root|work|tmp)\//, instead: 'a path from the root of the project', within: /./ },
  { found: /\bregistry\.\w+\.\w+|"resolved":\s*"http/, instead: "everybody's own registry", within: /./ },
]

export const RULES: readonly Rule[] = [...TOO_NEW, ...BANNED, ...LEFTOVERS, ...LOCAL]
