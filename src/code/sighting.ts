import type { AnyNode } from 'acorn'
import type { Reference, Scope, Variable } from 'eslint-scope'
import type { Position } from './caller.js'
import { shortPath } from './esbuild.js'
import type { FreeVariable } from './free-variables.js'
import type { FunctionSource } from './source.js'
import { readSourceFile, type SourceFile } from './source-file.js'
import { walk } from './syntax.js'
import { contains } from './top-level.js'

/** What the caller's file tells of a function: JavaScript itself says neither where it stands nor what it refers to. */
export interface Sighting {
  /** `file:line:column`, if the function is found in the file. */
  readonly at: string | undefined
  readonly variables: ReadonlyMap<string, Places>
}

/** Lines of the first use within the function and of the declaration, as far as they are known. */
interface Places {
  /** What the user calls it, where somebody shortened the name. */
  readonly original?: string
  readonly used?: number
  readonly declared?: number
  readonly isImport?: boolean
}

/** Looks the function up in the file that the call came from; undefined if that file cannot be read. */
export function sightingOf(
  source: FunctionSource,
  free: readonly FreeVariable[],
  caller: Position,
): Sighting | undefined {
  try {
    const file = readSourceFile(caller.file)
    const scopes = allScopes(file.topScope)
    const node = findFunction(file, source.text, caller.line)
    const at = node === undefined ? undefined : positionText(file, node)
    return { at, variables: new Map(free.map((variable) => [variable.name, placesOf(variable, file, scopes, node)])) }
  } catch {
    // It may be minified, made by eval, or not on this disk; the error then goes without.
    return undefined
  }
}

function positionText(file: SourceFile, node: AnyNode): string {
  const position = file.positionOf(node)
  return `${shortPath(position.file)}:${position.line}:${position.column}`
}

const FUNCTION = /Function|^Property$|^MethodDefinition$/

/** The function of this text; of several the one that is nearest to the call. */
export function findFunction(file: SourceFile, text: string, line: number): AnyNode | undefined {
  const wanted = essence(text)
  const found: AnyNode[] = []
  walk(file.program, (node) => {
    if (FUNCTION.test(node.type) && essence(file.code.slice(node.start, node.end)) === wanted) found.push(node)
  })
  const distance = (node: AnyNode) => Math.abs(file.positionOf(node).line - line)
  return found.sort((a, b) => distance(a) - distance(b))[0]
}

/** What loaders leave of a function's text: they change white space, quotes and parentheses, and keep names. */
export function essence(text: string): string {
  const bare = text.replace(/[\s;]+/g, '').replace(/["'`]/g, "'")
  const imports = bare.replace(/\(0,\w+\.(\w+)\)/g, '$1').replace(/__vi(?:te_ssr)?_import_\w+?__\./g, '')
  return imports
    .replace(/\((\w+)\)=>/g, '$1=>')
    .replaceAll('__name(', '')
    .replace(/,'\w+'\)/g, '')
}

function allScopes(scope: Scope): Scope[] {
  return [scope, ...scope.childScopes.flatMap(allScopes)]
}

function placesOf({ name, shown }: FreeVariable, file: SourceFile, scopes: Scope[], node: AnyNode | undefined): Places {
  const reference = node === undefined ? undefined : firstUse(scopes, [name, shown], node)
  const variable = reference?.resolved ?? onlyOne(scopes, shown)
  const declaration = variable?.identifiers[0]
  return {
    ...(reference === undefined ? {} : usedAt(file, reference.identifier as AnyNode, name)),
    ...(declaration === undefined ? {} : { declared: lineOf(file, declaration) }),
    isImport: variable?.defs[0]?.type === 'ImportBinding',
  }
}

function usedAt(file: SourceFile, identifier: AnyNode, name: string): Places {
  const { line, name: original } = file.positionOf(identifier)
  return original === undefined || original === name ? { used: line } : { used: line, original }
}

const lineOf = (file: SourceFile, identifier: unknown) => file.positionOf(identifier as AnyNode).line

function firstUse(scopes: Scope[], names: readonly string[], node: AnyNode): Reference | undefined {
  const within = scopes.flatMap(({ references }) => references)
  return within.find(({ identifier }) => names.includes(nameOf(identifier)) && contains(node, identifier as never))
}

const nameOf = (identifier: unknown) => (identifier as { name?: string }).name ?? ''

function onlyOne(scopes: Scope[], name: string): Variable | undefined {
  const found = scopes.flatMap(({ variables }) => variables.filter((variable) => variable.name === name))
  return found.length === 1 ? found[0] : undefined
}
