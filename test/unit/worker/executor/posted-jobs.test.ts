import { describe, expect, test } from 'vitest'
import { asideCell, Cells } from '../../../../src/worker/executor/cells.js'
import type { Job } from '../../../../src/worker/executor/executor.js'
import { PostedJobs } from '../../../../src/worker/executor/posted-jobs.js'
import type { ThreadLink } from '../../../../src/worker/executor/thread-link.js'

const link = {} as ThreadLink
const job = (id: number) => ({ id }) as Job

/** A job that its thread has begun. */
function begun(jobs: PostedJobs, id: number) {
  const posted = jobs.offer(link, job(id), [])
  expect(new Cells(jobs.memory).claim(posted, id * 10)).toBe(true)
  return posted
}

describe('a job that waits for other tasks', () => {
  test('is found by its number and is under way, though another one has its cell', () => {
    const jobs = new PostedJobs()
    const aside = begun(jobs, 7)
    jobs.stepAside(aside)
    const next = jobs.offer(link, job(8), [])
    expect(next.cell).toBe(aside.cell)
    expect(jobs.find(7)).toBe(aside)
    expect(jobs.find(8)).toBe(next)
    expect([jobs.has(aside), jobs.has(next)]).toEqual([true, true])
    expect([jobs.startOf(aside), jobs.isClaimed(aside), jobs.isClaimed(next)]).toEqual([70, true, false])
    expect([jobs.size, jobs.aside]).toEqual([1, 1])
    jobs.remove(aside)
    expect([jobs.has(aside), jobs.has(next), jobs.size, jobs.aside]).toEqual([false, true, 1, 0])
  })

  test('may have ended before it is heard that it left its cell', () => {
    const jobs = new PostedJobs()
    const posted = begun(jobs, 3)
    expect(jobs.at(asideCell(3))).toBe(posted)
    jobs.remove(posted)
    expect([jobs.at(asideCell(3)), jobs.isEmpty, jobs.hasCell]).toEqual([undefined, true, true])
  })
})
