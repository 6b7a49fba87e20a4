-- The record of one principal: what it asked for, by capability, and what came of it. An execution counts where it began at or
-- after :since. `:after` is the last entry before that moment, so that no older one is looked at.
WITH numbers (seq) AS (
  SELECT seq FROM postings WHERE term = 'p:' || :principal AND seq > :after
  UNION ALL
  SELECT seq FROM entries
  WHERE seq > max(:after, (SELECT coalesce(max(up_to), 0) FROM posted)) AND principal = :principal
),
rows AS (
  SELECT e.execution, e.kind, e.thing, e.body
  FROM numbers CROSS JOIN entries AS e ON e.seq = numbers.seq
  WHERE e.at >= :since AND e.execution <> '' AND e.kind IN ('intent', 'dispatch', 'denied', 'outcome')
),
executions AS (
  SELECT
    max(json_extract(body, '$.capability')) AS capability,
    max(thing) AS thing,
    max(json_extract(body, '$.affordance')) AS affordance,
    max(kind = 'intent') AS questioned,
    max(kind = 'dispatch' AND json_extract(body, '$.approvals[0]') IS NOT NULL) AS approved,
    max(CASE kind WHEN 'denied' THEN 'refused' WHEN 'outcome' THEN json_extract(body, '$.result') END) AS result
  FROM rows
  GROUP BY execution
),
corrections AS (
  SELECT json_extract(e.body, '$.capability') AS capability
  FROM (
    SELECT seq FROM postings WHERE term = 'k:correction' AND seq > :after
    UNION ALL
    SELECT seq FROM entries
    WHERE seq > max(:after, (SELECT coalesce(max(up_to), 0) FROM posted)) AND kind = 'correction'
  ) AS numbered CROSS JOIN entries AS e ON e.seq = numbered.seq
  WHERE e.at >= :since AND json_extract(e.body, '$.principal') = :principal
)
SELECT
  coalesce(capability, '') AS capability,
  CASE WHEN capability IS NULL THEN thing ELSE '' END AS thing,
  CASE WHEN capability IS NULL THEN affordance ELSE '' END AS affordance,
  count(*) AS asked,
  sum(questioned) AS questioned,
  sum(approved) AS approved,
  sum(result IS 'confirmed') AS confirmed,
  sum(result IS 'acknowledged') AS acknowledged,
  sum(result IS 'unconfirmed') AS unconfirmed,
  sum(result IS 'in_doubt') AS in_doubt,
  sum(result IS 'rejected') AS rejected,
  sum(result IS 'not_sent') AS not_sent,
  sum(result IS 'refused') AS refused,
  0 AS corrected
FROM executions
WHERE capability IS NOT NULL OR affordance IS NOT NULL -- else it began before
GROUP BY 1, 2, 3
UNION ALL
SELECT coalesce(capability, ''), '', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, count(*)
FROM corrections
GROUP BY 1
