"""From a pass given to a mediator to a mediator paid: redemptions, statements, payments."""
