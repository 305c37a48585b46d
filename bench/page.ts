/** What a whole run puts into the documentation: the table between two marks of the page, and the picture beside it. */
import { readFileSync, writeFileSync } from 'node:fs'

const BEGIN = '<!-- bench: begin -->'
const END = '<!-- bench: end -->'

/** The text of the page with `section` in the place of what an earlier run wrote. @throws when the marks are not there. */
export function withSection(page: string, section: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`the page lacks the marks ${BEGIN} and ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n\n${section.trim()}\n\n${page.slice(to)}`
}

/** Rewrites a file of the documentation. */
export function writeSection(path: string, section: string): void {
  writeFileSync(path, withSection(readFileSync(path, 'utf8'), section))
}
