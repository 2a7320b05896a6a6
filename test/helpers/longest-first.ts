import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that mostly wait, for dead processes to be missed or for time to pass. Begun first, they wait beside the others. */
const LONGEST = [
  'test/faults/half-open',
  'test/faults/killed-workers',
  'test/faults/frozen-worker',
  'test/faults/crash',
  'test/faults/event-loop',
  'test/faults/database-restarts',
  'test/trust/slow-subscribers',
  'test/e2e/cli/keys',
  'test/e2e/process/start',
  'test/e2e/process/rolling-restart',
  'test/e2e/process/health',
]

const rank = ({ moduleId }: TestSpecification) => {
  const index = LONGEST.findIndex((name) => moduleId.includes(`/${name}`))
  return index < 0 ? LONGEST.length : index
}

/** Begins with the longest files, so that no worker ends with one of them alone. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => rank(a) - rank(b))
  }
}
