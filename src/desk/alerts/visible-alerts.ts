/**
 * Which alerts a responder may see, in one place: every statement of the desk that reads or changes an alert selects
 * from this. An alert is visible when
 * - the person is active in the roster today, and the sender has not left their organisation out;
 * - and a tier of theirs was entered (by deadline, by "escalate now", at the start; also when nobody of it could be
 *   told: whoever looks by themselves must be able to help), or it was handed to them or their organisation, and the
 *   sender allows a tier of theirs: a hand-over does not reach beyond the consents.
 *
 * Columns: coalition_id, alert_id, tag, severity, drill, policy_version_id, roster_version, tiers (allowed by the
 * sender), excluded_orgs, received_at, my_tiers (entered tiers of this person; empty for a mere hand-over) and
 * my_allowed_tiers. Parameters: $1 coalition, $2 rid.
 */
export const VISIBLE_ALERTS = `
  SELECT a.coalition_id, a.alert_id, a.tag, a.severity, a.drill, a.policy_version_id, a.roster_version, a.tiers,
         a.excluded_orgs, a.received_at, mine.entered AS my_tiers, mine.allowed AS my_allowed_tiers
  FROM responder me
  JOIN alert a ON a.coalition_id = me.coalition_id
  CROSS JOIN LATERAL (
    SELECT ARRAY(SELECT m.tier FROM tier_member m
                 WHERE m.coalition_id = me.coalition_id AND m.rid = me.rid AND m.tier = ANY (a.tiers)
                   AND EXISTS (SELECT FROM tier_entry e
                               WHERE e.coalition_id = a.coalition_id AND e.alert_id = a.alert_id AND e.tier = m.tier
                                 AND e.outcome <> 'not_consented')
                 ORDER BY m.tier) AS entered,
           ARRAY(SELECT m.tier FROM tier_member m
                 WHERE m.coalition_id = me.coalition_id AND m.rid = me.rid AND m.tier = ANY (a.tiers)
                 ORDER BY m.tier) AS allowed
  ) mine
  WHERE me.coalition_id = $1 AND me.rid = $2
    AND me.status = 'active' AND now() BETWEEN me.not_before AND me.not_after
    AND me.org <> ALL (a.excluded_orgs)
    AND (mine.entered <> '{}'
         OR (mine.allowed <> '{}'
             AND EXISTS (SELECT FROM hand_over h
                         WHERE h.coalition_id = a.coalition_id AND h.alert_id = a.alert_id
                           AND (h.to_rid = me.rid OR h.to_org = me.org))))`;
