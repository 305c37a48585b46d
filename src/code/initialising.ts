import type { AnyNode, CallExpression } from 'acorn'
import type { Binding, Use } from './top-level.js'

/**
 * Whether a top-level statement belongs to the making of a name: `x = …`, `x.cache = …`, `x.set(…)`,
 * `Object.defineProperty(x, …)`, and what compilers write for decorators and namespaces. Others are the program's.
 */
export function initialises({ item: { node }, identifier, isWrite }: Use, { declaredBy }: Binding): boolean {
  if (node.type !== 'ExpressionStatement') return false
  const { expression } = node
  if (expression.type === 'AssignmentExpression') return isWrite || rootOf(expression.left) === identifier
  if (expression.type !== 'CallExpression') return isWrite
  const isOwn = declaredBy.every(({ kind }) => kind === 'declaration')
  const isFilled = isFilling(expression) && rootOf(expression.callee) === identifier
  return isWrite || (isOwn && isFilled) || (isShaping(expression) && takes(expression, identifier))
}

// Other methods may be the program at work.
const FILLING = /^(set|add|push|unshift|append|register|define|extend|use|fill)$/

function isFilling({ callee }: CallExpression): boolean {
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return false
  return FILLING.test(callee.property.name)
}

/** `Object.assign(…)`, `__decorateClass(…)`, `__name(…)`. */
function isShaping({ callee }: CallExpression): boolean {
  const root = rootOf(callee)
  return root.type === 'Identifier' && (root.name === 'Object' || root.name.startsWith('__'))
}

const takes = (call: CallExpression, identifier: AnyNode) => call.arguments.some((one) => rootOf(one) === identifier)

function rootOf(node: AnyNode): AnyNode {
  return node.type === 'MemberExpression' ? rootOf(node.object) : node
}
