import type { ReactElement } from 'react'
import { type ButtonVariant, buttonClass } from '../elements/button.tsx'
import { useSession } from '../session/session.ts'

interface GraphiqlLinkProps {
  /** What to open it with, as text. */
  query?: string
  variant: ButtonVariant
  /** For screen readers, where there are several. */
  label?: string
  children: string
}

/**
 * Opens GraphiQL in a tab of its own. It is our own page: as its opener we give it a copy of this tab's
 * session storage, and with it the sign-in, which is in no address.
 */
export function GraphiqlLink({ query, variant, label, children }: GraphiqlLinkProps): ReactElement {
  const { url } = useSession().client
  return (
    <a
      className={buttonClass(variant)}
      href={query ? `${url}?${new URLSearchParams({ query })}` : url}
      // biome-ignore lint/security/noBlankTarget: the page that is opened is our own, and needs its opener
      target="_blank"
      rel="opener"
      aria-label={label}
    >
      {children}
    </a>
  )
}
