import type { ReactElement } from 'react'
import { type ButtonVariant, buttonClass } from '../elements/button.tsx'
import { useSession } from '../session/session.ts'

interface GraphiqlLinkProps {
  /** The operation that GraphiQL opens with. */
  query?: string
  variant: ButtonVariant
  /** The caption for screen readers, if a page has several of these links. */
  label?: string
  children: string
}

/**
 * Opens GraphiQL in a new tab. With this page as its opener, the tab gets a copy of the session storage and with it
 * the credential, which is in no address.
 */
export function GraphiqlLink({ query, variant, label, children }: GraphiqlLinkProps): ReactElement {
  const { url } = useSession().client
  return (
    <a
      className={buttonClass(variant)}
      href={query ? `${url}?${new URLSearchParams({ query })}` : url}
      // biome-ignore lint/security/noBlankTarget: GraphiQL is a page of the service and needs its opener
      target="_blank"
      rel="opener"
      aria-label={label}
    >
      {children}
    </a>
  )
}
