import { SCOPES, type Scope as ScopeName } from '../../domain/api-key.ts'
import { builder } from '../builder.ts'

export const Scope = builder.enumType('Scope', {
  description:
    'What a key may do. A key without any scope can still read the catalogue of events and who it is.',
  values: {
    DESTINATIONS_READ: {
      description:
        'Read destinations, their audit logs, events, deliveries and attempts, and subscribe to them. Secrets stay masked.',
    },
    DESTINATIONS_WRITE: {
      description:
        'Create, change, activate and delete destinations, send tests, retry deliveries, and together with SECRETS_READ rotate secrets.',
    },
    SECRETS_READ: { description: 'See signing secrets whole.' },
    EVENTS_PUBLISH: { description: 'Publish events, and read back those just published.' },
    KEYS_MANAGE: { description: "Manage the organization's API keys." },
  } satisfies Record<ScopeName, { description: string }>,
})

/** Whether a stored text is a scope that there is now. */
export const isScope = (text: string): text is ScopeName =>
  (SCOPES as readonly string[]).includes(text)
