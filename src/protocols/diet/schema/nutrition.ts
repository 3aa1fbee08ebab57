import { z } from "zod";
import { id } from "../../../core/protocol/identifiers.ts";
import { count, isoTime, name, oneOf, progress, quantity } from "./fields.ts";

/** Contract: Nutrition Events. */
export const nutrition = {
  "meal.logged": z
    .object({
      mealId: id,
      userId: id,
      mealType: oneOf("breakfast", "lunch", "dinner", "snack"),
      mealName: name,
      calories: quantity,
      loggedAt: isoTime,
    })
    .meta({
      examples: [
        {
          mealId: "meal-1",
          userId: "u1",
          mealType: "breakfast",
          mealName: "Oatmeal with berries",
          calories: 320,
          loggedAt: "2026-03-02T07:45:00.000Z",
        },
      ],
    }),
  "nutrition.goal.update": z
    .object({
      userId: id,
      goalType: oneOf("calories", "protein", "carbs", "fat"),
      current: quantity,
      target: quantity,
      progress,
      updatedAt: isoTime,
    })
    .meta({
      examples: [
        {
          userId: "u1",
          goalType: "calories",
          current: 320,
          target: 2_000,
          progress: 16,
          updatedAt: "2026-03-02T07:45:01.000Z",
        },
      ],
    }),
  "water.intake": z
    .object({
      userId: id,
      /** This field and the next two are in millilitres. */
      amount: count,
      totalToday: count,
      goal: count,
      loggedAt: isoTime,
    })
    .meta({
      examples: [
        { userId: "u1", amount: 250, totalToday: 500, goal: 2_000, loggedAt: "2026-03-02T07:50:00.000Z" },
      ],
    }),
};
