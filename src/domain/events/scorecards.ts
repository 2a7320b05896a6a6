import { z } from 'zod'
import { defineEvent } from './definition.ts'

const answeredQuestion = z.object({
  question_id: z.string(),
  question_name: z.string().describe('The question.'),
  question_type: z.string().describe('Type of the answer, such as "yes_no" or "range".'),
  answer: z.unknown().describe('A JSON value that depends on question_type.'),
  reasoning: z.string().nullable().describe('Reason for the answer. Null if not given.'),
})

export const scorecardAnswersCreated = defineEvent({
  name: 'scorecard_answers_created',
  description: 'Triggered when all questions in a scorecard are answered for a meeting.',
  schema: z.object({
    scorecard_id: z.string(),
    scorecard_name: z.string(),
    target_object_name: z
      .string()
      .describe('Type of the scored object, such as "meeting_session".'),
    target_object_id: z.string().describe('ID of the scored object.'),
    questions_and_answers: z
      .array(answeredQuestion)
      .describe('All questions of the scorecard with their answers.'),
  }),
  example: {
    data: {
      scorecard_id: 'sc_abc123',
      scorecard_name: 'Sales Call Quality',
      target_object_name: 'meeting_session',
      target_object_id: 'ses_xyz789',
      questions_and_answers: [
        {
          question_id: 'q_1',
          question_name: 'Was budget discussed?',
          question_type: 'yes_no',
          answer: true,
          reasoning: 'Budget was discussed at 5:30 mark',
        },
        {
          question_id: 'q_2',
          question_name: 'Deal size estimate',
          question_type: 'range',
          answer: 8,
          reasoning: 'Strong indicators of large deal',
        },
      ],
    },
    relations: {
      associated_account_ids: ['acc_123'],
      associated_contact_ids: ['con_456'],
      associated_deal_ids: ['deal_101'],
    },
    timestamp: '2025-10-10T14:30:00.000Z',
  },
})
