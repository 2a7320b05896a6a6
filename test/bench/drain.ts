import { atLeast, type Benchmark, medianOf } from './benchmark.ts'
import { DESTINATIONS, openDrainStage } from './drain-stage.ts'

export const drain: Benchmark = {
  name: 'drain',
  measures:
    '20,000 deliveries to 50 destinations by one worker, against a bare loop of ky with the same requests',
  async run(run) {
    await using stage = await openDrainStage(run)
    const events = run.size(20_000, 1_000) / DESTINATIONS
    const rounds = run.size(5, 2)
    const rates = { drain: [] as number[], ky: [] as number[], undici: [] as number[] }
    for (let round = 1; round <= rounds; round += 1) {
      rates.ky.push(await stage.bare(events, 'ky'))
      rates.drain.push(await stage.drain(events))
      rates.undici.push(await stage.bare(events, 'undici'))
    }
    const to = (ceiling: number[]) => rates.drain.map((rate, round) => rate / ceiling[round]!)
    const ofKy = to(rates.ky)
    return [
      medianOf(ofKy, { name: 'of the bare ky loop', unit: '×', target: atLeast(0.65) }),
      medianOf(rates.drain, { name: 'deliveries', unit: '/s' }),
      medianOf(rates.ky, { name: 'bare ky loop', unit: '/s' }),
      medianOf(rates.undici, { name: 'bare undici loop', unit: '/s' }),
      medianOf(to(rates.undici), { name: 'of the bare undici loop', unit: '×' }),
    ]
  },
}
