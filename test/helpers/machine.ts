import { execFileSync } from 'node:child_process'
import { test } from 'vitest'

/** Requirements of a test for the machine. */
export interface Requirement {
  met: boolean
  /** Printed when the test is skipped, as in "needs root". */
  reason: string
}

export const root: Requirement = { met: process.getuid?.() === 0, reason: 'needs root' }

/** The machine has the program in its PATH. */
export const program = (name: string): Requirement => {
  let met = true
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${name}`], { stdio: 'ignore' })
  } catch {
    met = false
  }
  return { met, reason: `needs the program "${name}"` }
}

/** Vitest's `test` where the requirements are met. Elsewhere it skips and prints the reasons. */
export function testWhere(...requirements: Requirement[]) {
  const unmet = requirements.filter(({ met }) => !met).map(({ reason }) => reason)
  if (unmet.length > 0) console.log(`tests are skipped: ${unmet.join('; ')}`)
  return test.skipIf(unmet.length > 0)
}
