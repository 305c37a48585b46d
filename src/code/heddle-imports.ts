import type { AnyNode, CallExpression } from 'acorn'
import type { Binding, Item } from './top-level.js'

// Starting a cluster from within a task is never what was meant: they belong to the program, which does not run there.
const OF_PROGRAMS = new Set([
  'Client',
  'LocalCluster',
  'Scheduler',
  'Center',
  'Worker',
  'Nanny',
  'HttpWorker',
  'HttpScheduler',
  'rpc',
])

/** Whether a name of Heddle only makes sense in the program itself. */
export const isOfPrograms = (name: string) => OF_PROGRAMS.has(name)

/** What a top-level name is of `heddle`: the imported name, `*` for the whole package; undefined if it is not of it. */
export function heddleNameOf({ name, declaredBy: [item] }: Binding): string | undefined {
  if (item === undefined) return undefined
  return item.kind === 'import' ? imported(item) : required(name, item.node)
}

function imported({ node, statement }: Item): string | undefined {
  if (statement.type !== 'ImportDeclaration' || statement.source.value !== 'heddle') return undefined
  if (node.type !== 'ImportSpecifier') return '*'
  return node.imported.type === 'Identifier' ? node.imported.name : String(node.imported.value)
}

/** `const heddle = require('heddle')`, `const { a: b } = require('heddle')`. */
function required(name: string, node: AnyNode): string | undefined {
  if (node.type !== 'VariableDeclarator' || !isRequireOfHeddle(node.init)) return undefined
  if (node.id.type !== 'ObjectPattern') return '*'
  for (const property of node.id.properties) {
    if (property.type !== 'Property' || property.value.type !== 'Identifier') continue
    if (property.value.name === name && property.key.type === 'Identifier') return property.key.name
  }
  return '*'
}

function isRequireOfHeddle(node: AnyNode | null | undefined): boolean {
  if (node?.type !== 'CallExpression') return false
  const [argument] = node.arguments
  // TypeScript and esbuild wrap it: `__importStar(require('heddle'))`.
  if (argument?.type === 'CallExpression') return isRequireOfHeddle(argument)
  return isCallOf(node, 'require') && argument?.type === 'Literal' && argument.value === 'heddle'
}

const isCallOf = ({ callee }: CallExpression, name: string) => callee.type === 'Identifier' && callee.name === name
