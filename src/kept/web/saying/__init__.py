"""How an answer is said and drawn: three sentences, the curve, offers, reasons."""

from kept.web.saying.curve import Curve
from kept.web.saying.offers import Offers
from kept.web.saying.reasons import Reasons


class Saying(Curve, Offers, Reasons):
    """An answer in the words of the house it was given in."""
