/** One entry of an Accept or Accept-Encoding header. */
interface Range {
  name: string
  /** 0 (not accepted) to 1. */
  weight: number
  parameters: string
}

/**
 * Returns the candidate that a client prefers: the one with the highest weight, then the first in the header, then the first
 * candidate. Null if the client accepts none.
 * @param header the value of Accept or Accept-Encoding
 * @param candidates media types or encodings, in lower case
 */
export function preferred<Candidate extends string>(
  header: string,
  candidates: readonly Candidate[],
): Candidate | null {
  const ranges = rangesOf(header)
  const accepted = candidates.flatMap((candidate) => {
    const place = placeOf(candidate, ranges)
    return place && place.weight > 0 ? [{ candidate, ...place }] : []
  })
  accepted.sort((a, b) => b.weight - a.weight || a.index - b.index)
  return accepted[0]?.candidate ?? null
}

/** Whether an entry with this name has a parameter, as in `multipart/mixed;subscriptionSpec=1.0`. */
export function hasParameter(header: string, name: string, parameter: string): boolean {
  return rangesOf(header).some(
    (range) => range.name === name && range.parameters.split(';').includes(parameter.toLowerCase()),
  )
}

function rangesOf(header: string): Range[] {
  return header.split(',').map((entry) => {
    const [name = '', ...rest] = entry.toLowerCase().replaceAll(/[\s"]/g, '').split(';')
    const quality = rest.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
    const charset = rest.find((parameter) => parameter.startsWith('charset='))
    const weight = charset && charset !== 'charset=utf-8' ? 0 : Number(quality)
    return { name, weight: Number.isFinite(weight) ? weight : 0, parameters: rest.join(';') }
  })
}

/** Returns the most specific entry that matches a name; of several equally specific ones, that with the highest weight. */
function placeOf(
  name: string,
  ranges: readonly Range[],
): { weight: number; index: number } | undefined {
  const [type] = name.split('/', 1)
  const patterns = name.includes('/') ? [name, `${type}/*`, '*/*'] : [name, '*']
  for (const pattern of patterns) {
    const places = ranges.flatMap((range, index) =>
      range.name === pattern ? [{ weight: range.weight, index }] : [],
    )
    if (places.length > 0) return places.reduce((a, b) => (b.weight > a.weight ? b : a))
  }
  return undefined
}
