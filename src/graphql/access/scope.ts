import { SCOPES, type Scope as ScopeName } from '../../domain/api-key.ts'
import { builder } from '../builder.ts'

export const Scope = builder.enumType('Scope', {
  description:
    'A permission of an API key or a token. One without scopes can read viewer and eventDefinitions.',
  values: {
    DESTINATIONS_READ: {
      description:
        'Read and subscribe to destinations, audit logs, events, deliveries and attempts. Signing secrets stay masked.',
    },
    DESTINATIONS_WRITE: {
      description:
        'Create, update, activate, deactivate and delete destinations, send tests and retry deliveries. Together with SECRETS_READ: rotate signing secrets.',
    },
    SECRETS_READ: { description: 'Reveal signing secrets.' },
    EVENTS_PUBLISH: {
      description: 'Publish and erase events, and read an event in the result of publishing it.',
    },
    KEYS_MANAGE: {
      description:
        'List, create and revoke the API keys of the organization. Together with DESTINATIONS_READ: read its audit log.',
    },
  } satisfies Record<ScopeName, { description: string }>,
})

/** Whether a stored text is a scope of this version. */
export const isScope = (text: string): text is ScopeName =>
  (SCOPES as readonly string[]).includes(text)

/** The audit log of an organization describes destinations and events, and keys. */
export const AUDIT_LOG_SCOPES = ['DESTINATIONS_READ', 'KEYS_MANAGE'] as const
