import { z } from "zod";
import { id } from "../../../core/protocol/identifiers.ts";
import { count, description, isoTime, listOf, name, oneOf } from "./fields.ts";

/** Contract: Gamification Events. */
export const gamification = {
  "achievement.unlocked": z
    .object({
      achievementId: id,
      userId: id,
      achievementName: name,
      description,
      xpReward: count,
      coinReward: count,
      rarity: oneOf("common", "uncommon", "rare", "epic", "legendary"),
      unlockedAt: isoTime,
    })
    .meta({
      examples: [
        {
          achievementId: "early-bird",
          userId: "u1",
          achievementName: "Early Bird",
          description: "Log breakfast before eight o'clock",
          xpReward: 100,
          coinReward: 20,
          rarity: "uncommon",
          unlockedAt: "2026-03-02T07:45:02.000Z",
        },
      ],
    }),
  "level.up": z
    .object({
      userId: id,
      previousLevel: count,
      newLevel: count,
      xpEarned: count,
      totalXP: count,
      xpToNext: count,
      rewards: z.object({ coins: count, achievements: listOf(name, 100), items: listOf(name, 100) }),
      leveledUpAt: isoTime,
    })
    .meta({
      examples: [
        {
          userId: "u1",
          previousLevel: 4,
          newLevel: 5,
          xpEarned: 100,
          totalXP: 1_040,
          xpToNext: 460,
          rewards: { coins: 50, achievements: ["early-bird"], items: ["golden-spoon"] },
          leveledUpAt: "2026-03-02T07:45:03.000Z",
        },
      ],
    }),
  "streak.update": z
    .object({
      userId: id,
      streakType: oneOf("daily", "weekly", "monthly"),
      currentStreak: count,
      previousStreak: count,
      isBroken: z.boolean(),
      updatedAt: isoTime,
    })
    .meta({
      examples: [
        {
          userId: "u1",
          streakType: "daily",
          currentStreak: 8,
          previousStreak: 7,
          isBroken: false,
          updatedAt: "2026-03-02T07:45:04.000Z",
        },
      ],
    }),
};
