import type { ReactElement } from 'react'

/** Bigmind's mark. The name stands beside it, so it says nothing itself. */
export function Mark({ size = 26 }: { size?: number }): ReactElement {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4f46e5" />
      <path
        d="M9 8v16h8.5a4.6 4.6 0 0 0 1.9-8.8A4.2 4.2 0 0 0 16 8Z"
        fill="none"
        stroke="#fff"
        strokeWidth="3"
        strokeLinejoin="round"
      />
      <path d="M9 15.5h8" stroke="#fff" strokeWidth="3" />
    </svg>
  )
}
