const CODE = /^#sign-in=([\w-]+)$/

/**
 * Exchanges the code in the fragment of the address, if it has one, for the API key of the local service. Removes the code from
 * the address first, so that it is in no history and no bookmark.
 * @returns the key, or the reason why there is none; null for an address without a code
 */
export async function followSignInLink(
  url: string,
): Promise<{ key: string } | { message: string } | null> {
  const [, code] = CODE.exec(location.hash) ?? []
  if (code === undefined) return null
  history.replaceState(history.state, '', location.pathname + location.search)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    })
    const body = await response.json()
    return response.ok ? body : { message: body.errors[0].message }
  } catch {
    return { message: 'The service did not respond to the sign-in link. Open the link again.' }
  }
}
